# install.sh FOLDER: npm, by the lock file.
set -eu
cd "$(dirname "$0")"
cp server.js "$1"
sh ../npm.sh "$1"
