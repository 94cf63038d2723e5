# install.sh FOLDER: Python packages of these versions, in an environment of their own.
set -eu
cd "$(dirname "$0")"
cp main.py ../worker.py ../results.py "$1"
cmp -s requirements.txt "$1/installed" && exit 0
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
cp requirements.txt "$1/installed"
