"""Reads every file of a usage history with DuckDB, as anybody may, and says what is in them.

    python history.py FOLDER
"""

import json
import pathlib
import sys

import duckdb


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    files = sorted(str(path) for path in folder.glob("usage-*.parquet"))
    base = duckdb.connect()
    rows = 0
    for file in files:
        # Each by itself, every value of it.
        found = base.execute("select count(*), bit_xor(hash(t)) from read_parquet(?) t", [file])
        rows += found.fetchone()[0]
    table = "read_parquet($files)"
    ask = lambda text: base.execute(text.format(table=table), {"files": files}).fetchall()
    print(
        json.dumps(
            {
                "files": len(files),
                "rows": rows,
                "seqs": [seq for (seq,) in ask("select seq from {table} order by seq")],
                "kinds": dict(ask("select kind, count(*) from {table} group by kind")),
                "granted": [seq for (seq,) in ask("select grant_id from {table} where kind = 'granted'")],
                "missing": ask("select coalesce(sum(missing), 0)::bigint from {table}")[0][0],
                "types": dict(ask("select column_name, column_type from (describe select * from {table})")),
                "users": [user for (user,) in ask('select distinct "user" from {table} where "user" is not null')],
            }
        )
    )


main()
