# pip.sh FOLDER: installs the packages of this directory's requirements in an environment there, unless they are installed.
set -eu
cmp -s requirements.txt "$1/installed" && exit 0
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
cp requirements.txt "$1/installed"
