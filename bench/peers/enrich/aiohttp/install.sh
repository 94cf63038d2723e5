# install.sh FOLDER: Python packages of these versions, in an environment of their own.
set -eu
cd "$(dirname "$0")"
cp main.py ../worker.py ../results.py "$1"
sh ../pip.sh "$1"
