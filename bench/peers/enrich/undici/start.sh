# start.sh FOLDER FEED OUTSIDE RESULTS
cd "$1"
NODE_ENV=production exec node main.mjs "$2" "$3" "$4"
