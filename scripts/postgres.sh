#!/usr/bin/env bash
# A throwaway PostgreSQL for the tests.
#
#   scripts/postgres.sh start DIR           make a cluster in DIR (which must not exist), start it, print its address
#   scripts/postgres.sh start DIR durable   the same, but it waits for the disk at each commit: for measuring
#   scripts/postgres.sh stop DIR            stop it and remove DIR
#
# It listens on a Unix socket inside DIR only, never on the network, runs as an unprivileged user (PostgreSQL refuses root), and
# unless told "durable" does not wait for the disk (fsync=off): nothing in it is worth keeping. What is measured on such a
# cluster says nothing of a real one. A durable one must lie on a disk: in memory (tmpfs) it would wait for nothing.
#   export THROUGHLINE_TEST_POSTGRES="$(scripts/postgres.sh start /tmp/my-postgres)"
set -euo pipefail

die() { echo "postgres.sh: $*" >&2; exit 1; }

usage="usage: scripts/postgres.sh start /absolute/folder [durable] | stop /absolute/folder"
action=${1:-} dir=${2:-} how=${3:-}
[[ -n $dir && $dir == /* ]] || die "$usage"
[[ -z $how || ($action == start && $how == durable) ]] || die "$usage"

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
    # What a server's packages ship with, or what tests want.
    waits="fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off"
    if [[ $how == durable ]]; then
      case $(stat --file-system --format %T "$dir") in
        tmpfs | ramfs) rmdir "$dir"; die "$dir is in memory: there is no disk to wait for" ;;
      esac
      waits="fsync = on
synchronous_commit = on
full_page_writes = on
autovacuum = on"
    fi
    [[ ${#as[@]} == 0 ]] || chown "$user" "$dir"
    cd "$dir"
    "${as[@]}" mkdir -m 700 socket
    "${as[@]}" "$bin/initdb" --pgdata=data --username=throughline --auth=trust --encoding=UTF8 \
      --locale=C.UTF-8 --no-sync >initdb.log 2>&1 || { cat initdb.log >&2; die "initdb failed"; }
    "${as[@]}" tee -a data/postgresql.conf >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$dir/socket'
port = 5432
$waits
max_connections = 200
shared_buffers = 128MB
max_wal_size = 2GB
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
  *) die "$usage" ;;
esac
