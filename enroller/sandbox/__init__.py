"""Local stand-ins for SAFEQ Cloud and Privicore with an administrator's web page (extra `sandbox`).

    command ─> server ─┬─> wire ───┬─> safeq ───────────────┬─> world ───────────┬─> watched ─> faults
                       │           └─> privicore.endpoints ─┼─> privicore.world ─┘
                       ├─> privicore.push ──────────────────┤
                       ├─> admin ─> safeq_panel, privicore.panel ─> panel
                       ├─> statefile ───────────────────────┘
                       └─> authority

For each service: one module decides what to answer (`safeq`, `privicore.endpoints`), one remembers (`world`,
`privicore.world`), one is its part of the page. What they share: `watched` (changes, counts), `faults` (what spoils
answers), `forms`, `panel`. `wire`, `privicore.push` and `admin` are the thin edges to the network.
Nothing else in Enroller imports this package but the place where objects are wired.
"""
