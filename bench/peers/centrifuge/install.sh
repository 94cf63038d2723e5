# install.sh FOLDER: Go and Centrifuge of Debian 12, built without modules.
set -eu
cd "$(dirname "$0")"
sh ../debian.sh debian.lock "$1"
mkdir -p "$1/source"
cmp -s main.go "$1/source/main.go" && [ -x "$1/server" ] && exit 0
cp main.go "$1/source"
cd "$1/source"
export GOROOT="$1/debian/usr/lib/go-1.19" GOPATH="$1/debian/usr/share/gocode" GOCACHE="$1/cache"
GO111MODULE=off GOPROXY=off GOFLAGS= CGO_ENABLED=0 "$GOROOT/bin/go" build -o ../server main.go
