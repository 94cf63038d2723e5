# npm.sh FOLDER: installs there what the lock file of this directory says, unless it is installed.
set -eu
cp package.json "$1"
cmp -s package-lock.json "$1/installed" && exit 0
cp package-lock.json "$1"
(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund)
cp package-lock.json "$1/installed"
