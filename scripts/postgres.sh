#!/usr/bin/env bash
# A throwaway PostgreSQL for the tests.
#
#   scripts/postgres.sh start DIR   make a cluster in DIR (which must not exist), start it, print its address
#   scripts/postgres.sh stop DIR    stop it and remove DIR
#
# It listens on a Unix socket inside DIR only, never on the network, runs as an unprivileged user (PostgreSQL refuses root),
# and does not wait for the disk (fsync=off): nothing in it is worth keeping.
#   export THROUGHLINE_TEST_POSTGRES="$(scripts/postgres.sh start /tmp/my-postgres)"
set -euo pipefail

die() { echo "postgres.sh: $*" >&2; exit 1; }

action=${1:-} dir=${2:-}
[[ -n $dir && $dir == /* ]] || die "usage: scripts/postgres.sh start|stop /absolute/folder"

# Debian keeps the server's programs out of PATH, one folder per version: take the newest.
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1 || true)
if [[ -z $bin || ! -x $bin/initdb ]]; then
  initdb=$(command -v initdb) || die "initdb is not installed (Debian: apt-get install postgresql)"
  bin=$(dirname "$(readlink -f "$initdb")")
fi

# As root, step down to the package's own user, or to nobody.
as=()
if [[ $(id -u) == 0 ]]; then
  user=nobody
  id -u postgres >/dev/null 2>&1 && user=postgres
  as=(runuser -u "$user" --)
fi

case $action in
  start)
    [[ ! -e $dir ]] || die "$dir is already there"
    mkdir -m 700 "$dir"
    [[ ${#as[@]} == 0 ]] || chown "$user" "$dir"
    cd "$dir"
    "${as[@]}" mkdir -m 700 socket
    "${as[@]}" "$bin/initdb" --pgdata=data --username=throughline --auth=trust --encoding=UTF8 \
      --locale=C.UTF-8 --no-sync >initdb.log 2>&1 || { cat initdb.log >&2; die "initdb failed"; }
    "${as[@]}" tee -a data/postgresql.conf >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$dir/socket'
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 128MB
max_wal_size = 2GB
autovacuum = off
log_min_messages = warning
CONF
    "${as[@]}" "$bin/pg_ctl" --pgdata=data --log=server.log --wait --timeout=60 start >pg_ctl.log 2>&1 ||
      { cat pg_ctl.log server.log >&2; die "the server did not start"; }
    echo "postgres://throughline@localhost:5432/postgres?host=$dir/socket"
    ;;
  stop)
    [[ -d $dir/data ]] || die "no cluster in $dir"
    cd "$dir"
    "${as[@]}" "$bin/pg_ctl" --pgdata=data --mode=immediate --wait stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$dir"
    ;;
  *) die "usage: scripts/postgres.sh start|stop /absolute/folder" ;;
esac
