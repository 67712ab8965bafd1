"""The stand-in for Privicore.

    endpoints ─> profiles, devices ─> call ─┐
    push ───────────────────────────────────┼─> world ─┬─> changes ─> values
    panel ──────────────────────────────────┘          ├─> channels
                                                       └─> shapes

`endpoints` says what is where; `profiles` and `devices` answer, in the `shapes` that are set. `world` remembers
profiles, devices, tokens and commands, which make `changes`; `channels` knows who listens to `push`, the WebSocket.
"""
