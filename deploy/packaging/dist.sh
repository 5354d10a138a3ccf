#!/bin/sh
# What a release consists of, in dist/: wheel, source, and a tar of manual pages and completion.
# The same commit gives the same bytes. Usage: dist.sh PYTHON
set -eu
python=$1
out=build/extras
: "${SOURCE_DATE_EPOCH:=1580601600}" # hatchling's own, so that all files bear one time
export SOURCE_DATE_EPOCH

rm -rf dist "$out"
"$python" -m hatchling build --directory dist
mkdir -p "$out/completion"
"$python" -m console.cli.manual "$out/man"
for shell in bash zsh fish; do
    _DESKBRIDGE_COMPLETE=${shell}_source "$python" -c 'from deskbridge import main; main()' \
        > "$out/completion/deskbridge.$shell"
done
version=$("$python" -c 'from shared.about import VERSION; print(VERSION)')
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w,a+rX \
    --mtime="@$SOURCE_DATE_EPOCH" --directory="$out" man completion \
    | gzip --no-name -9 > "dist/deskbridge-$version-extras.tar.gz"
ls -l dist
