"""A local stand-in for SAFEQ Cloud with an administrator's web page (extra `sandbox`).

    command ─> server ─┬─> wire ──> safeq ─┬─> world ──> faults
                       ├─> admin ──────────┘     ^
                       ├─> statefile ────────────┘
                       └─> authority

`safeq` decides what to answer, `world` remembers, `faults` spoils; `wire` and `admin` are the thin edges to the
network.
Nothing else in Enroller imports this package but the place where objects are wired.
"""
