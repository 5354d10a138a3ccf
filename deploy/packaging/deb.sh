#!/bin/sh
# A Debian package with an environment of its own in /opt/deskbridge, from the wheel in dist/.
# Made on the release of Debian that it is for, whose Python it uses. Usage: deb.sh PYTHON
set -eu
umask 022
builder=$1
python=/usr/bin/python3
stage=$PWD/build/deb
home=$stage/opt/deskbridge
here=$(dirname "$0")

for tool in dpkg-deb "$python"; do
    command -v "$tool" > /dev/null || { echo "make deb needs $tool: it runs on Debian only." >&2; exit 1; }
done
version=$("$builder" -c 'from shared.about import VERSION; print(VERSION)')
# As backports have it: which release a file is for, and an upgrade to the next one.
release=$(. /etc/os-release && echo "$ID$VERSION_ID" | sed s/debian/deb/)
debian_version=$(echo "$version" | sed -E 's/(a|b|rc)([0-9]+)$/~\1\2/')+$release
minor=$("$python" -c 'import sys; print(sys.version_info.minor)')
: "${SOURCE_DATE_EPOCH:=1580601600}"
export SOURCE_DATE_EPOCH

rm -rf "$stage"
"$python" -m venv --without-pip "$home"
"$builder" -m pip --python "$home/bin/python" install --quiet --disable-pip-version-check \
    --no-compile --no-warn-script-location "dist/deskbridge-$version-py3-none-any.whl[postgres]"
# Nothing may know where it was made.
find "$home/bin" -type f ! -name deskbridge -delete
find "$home" -name direct_url.json -delete
find "$home" -name RECORD -exec sed -i '\#^\.\./\.\./\.\./bin/#d; /direct_url\.json,/d' {} +
sed -i "s#$stage##g" "$home/bin/deskbridge" "$home/pyvenv.cfg"
"$home/bin/python" -m compileall -q -j 0 -s "$stage" -p / --invalidation-mode unchecked-hash "$home/lib"

install -d "$stage/usr/bin" "$stage/lib/systemd/system" "$stage/usr/share/doc/deskbridge"
ln -s /opt/deskbridge/bin/deskbridge "$stage/usr/bin/deskbridge"
for unit in deskbridge.service deskbridge.socket deskbridge-check.service \
    deskbridge-check.timer deskbridge-failed@.service; do
    install -m 0644 "deploy/$unit" "$stage/lib/systemd/system/"
done
install -m 0644 LICENSE "$stage/usr/share/doc/deskbridge/copyright"
gzip --no-name -9 -c CHANGELOG.md > "$stage/usr/share/doc/deskbridge/changelog.gz"
install -D -m 0644 build/extras/completion/deskbridge.bash \
    "$stage/usr/share/bash-completion/completions/deskbridge"
install -D -m 0644 build/extras/completion/deskbridge.zsh \
    "$stage/usr/share/zsh/vendor-completions/_deskbridge"
install -D -m 0644 build/extras/completion/deskbridge.fish \
    "$stage/usr/share/fish/vendor_completions.d/deskbridge.fish"
install -d "$stage/usr/share/man/man1"
for page in build/extras/man/*.1; do
    gzip --no-name -9 -c "$page" > "$stage/usr/share/man/man1/$(basename "$page").gz"
done

install -d "$stage/DEBIAN"
for script in postinst prerm postrm; do
    install -m 0755 "$here/debian/$script" "$stage/DEBIAN/$script"
done
(cd "$stage" && find opt usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) \
    > "$stage/DEBIAN/md5sums"
cat > "$stage/DEBIAN/control" << END
Package: deskbridge
Version: $debian_version
Architecture: $(dpkg --print-architecture)
Maintainer: The Deskbridge maintainers <root@localhost>
Section: net
Priority: optional
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$stage" | cut -f1)
Depends: python3 (>= 3.$minor), python3 (<< 3.$((minor + 1))), libc6 (>= 2.28), passwd, systemd, util-linux
Recommends: ca-certificates
Suggests: postgresql-client, nginx | caddy
Description: QuickBooks Desktop in step with a billing platform
 Answers Intuit's QuickBooks Web Connector: imports open invoices, posts
 payments to QuickBooks, each exactly once, and brings back those that were
 recorded there. With a console for the terminal and a command line.
END
find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
dpkg-deb --root-owner-group -Zzstd -z6 --build "$stage" dist > /dev/null
ls -l dist/*.deb
