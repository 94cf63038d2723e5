# install.sh FOLDER: sees to it that nginx, wrk, hey and oha are there. Installs oha into FOLDER, nothing on the machine.
set -eu
for tool in nginx wrk hey; do
  command -v $tool >/dev/null || PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
    echo "$tool is not there: apt-get install nginx-light wrk hey" >&2
    exit 1
  }
done
[ -x "$1/bin/oha" ] || cargo install --quiet --locked --root "$1" oha --version 1.16.0
