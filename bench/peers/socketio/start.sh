# start.sh FOLDER PORT
cd "$1"
NODE_ENV=production exec node server.js "$2"
