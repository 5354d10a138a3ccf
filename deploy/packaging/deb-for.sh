#!/bin/sh
# The Debian package for another release than the one that this runs on, made in a root of that
# release: in build/RELEASE/, with the wheel and the libraries. Needs root, debootstrap and the
# wheel in dist/. Usage: deb-for.sh PYTHON RELEASE
set -eu
builder=$1 release=$2
base=$(DESKBRIDGE_BOOTED=$release "$builder" -c 'from tests.deploy.booted.machine import base; print(base())')
work=$(mktemp -d -p /var/tmp)
root=$work/root
trap 'umount --lazy "$root" && rm -rf "$work"' EXIT
mkdir "$work/upper" "$work/work" "$root"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$root"

cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" # whom this machine trusts
mkdir -p "$root/src/dist" "$root/src/build"
cp -rL deploy shared LICENSE CHANGELOG.md "$root/src/" # some of deploy are links
cp dist/*.whl "$root/src/dist/"
cp -r build/extras "$root/src/build/"
chroot "$root" sh -euc '
    cd /src
    python3 -m venv /builder
    /builder/bin/pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
    deploy/packaging/deb.sh /builder/bin/python
    /builder/bin/pip --python build/deb/opt/deskbridge/bin/python wheel --quiet \
        --disable-pip-version-check --wheel-dir dist/wheels "$(ls dist/*.whl)[postgres]"'
rm -rf "build/$release"
mkdir -p build
cp -r "$root/src/dist" "build/$release"
ls "build/$release"
