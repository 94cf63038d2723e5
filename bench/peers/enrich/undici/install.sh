# install.sh FOLDER: npm, by the lock file.
set -eu
cd "$(dirname "$0")"
cp main.mjs "$1"
sh ../../npm.sh "$1"
