# start.sh FOLDER PORT
exec "$1/server" "$2"
