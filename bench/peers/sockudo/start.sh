# start.sh FOLDER PORT
cd "$1"
PORT=$2 exec bin/sockudo --config config.toml
