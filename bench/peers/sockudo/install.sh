# install.sh FOLDER: cargo, with the crate's own lock file. Its build asks for protoc, which is taken from Debian 12.
set -eu
cd "$(dirname "$0")"
cp config.toml "$1"
[ -x "$1/bin/sockudo" ] && "$1/bin/sockudo" --version | grep -q '5\.2\.0$' && exit 0
sh ../debian.sh debian.lock "$1"
export PROTOC="$1/debian/usr/bin/protoc" PROTOC_INCLUDE="$1/debian/usr/include"
export LD_LIBRARY_PATH="$1/debian/usr/lib/x86_64-linux-gnu"
CARGO_TARGET_DIR="$1/build" CARGO_PROFILE_RELEASE_DEBUG=0 \
  cargo install sockudo --version =5.2.0 --locked --root "$1"
rm -rf "$1/build"
