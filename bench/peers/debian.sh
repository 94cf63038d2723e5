# debian.sh LOCK FOLDER: unpacks Debian packages of these versions into FOLDER/debian; installs nothing on the machine.
set -eu
command -v apt-get >/dev/null || { echo "apt-get is not there: this needs Debian 12" >&2; exit 1; }
lock=$(realpath "$1")
mkdir -p "$2/debian"
cd "$2/debian"
cmp -s "$lock" unpacked && exit 0
while read -r package; do
  apt-get download -q "$package" || { echo "$package is not to be had: Debian 12, after apt-get update" >&2; exit 1; }
  for deb in "${package%%=*}"_*.deb; do dpkg -x "$deb" . && rm "$deb"; done
done < "$lock"
cp "$lock" unpacked
