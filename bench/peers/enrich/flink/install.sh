# install.sh FOLDER: Flink's jars come in a Python package (330 MB); a JDK of 17 or newer must be there.
set -eu
cd "$(dirname "$0")"
command -v javac > /dev/null || { echo "javac is not there: this needs a JDK, 17 or newer" >&2; exit 1; }
sh ../pip.sh "$1"
lib=$(echo "$1"/venv/lib/python3*/site-packages/pyflink/lib)
cmp -s Main.java "$1/Main.java" && [ -f "$1/classes/Main.class" ] && exit 0
mkdir -p "$1/classes"
javac -nowarn -d "$1/classes" -cp "$lib/*" Main.java
cp Main.java "$1/Main.java"
