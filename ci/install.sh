#!/bin/sh
# Installs the suite into a virtual environment of its own, so that the project under test keeps its packages.
#   install.sh FOLDER [VERSION]
# Without a version it is installed from the checkout that this script is part of, with the packages pinned there.
set -eu
folder=$1
version=${2:-}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
"${PYTHON:-python3}" -m venv "$folder"
pip="$folder/bin/python -m pip --disable-pip-version-check --quiet --no-input"
if [ -n "$version" ]; then
    $pip install "messages-conformance==$version"
else
    $pip install -c "$root/requirements/lock.txt" "$root"
fi
"$folder/bin/messages-conformance" --version
