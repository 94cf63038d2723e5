# install.sh FOLDER: npm, by the lock file.
set -eu
cd "$(dirname "$0")"
cp main.mjs package.json "$1"
cmp -s package-lock.json "$1/installed" && exit 0
cp package-lock.json "$1"
(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund)
cp package-lock.json "$1/installed"
