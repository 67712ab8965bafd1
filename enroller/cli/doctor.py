"""`enroller doctor`: what stands in the way of an enrollment, before one begins."""

import json

from enroller.cli import report, secret_input
from enroller.cli.context import Context
from enroller.cli.managed import settle
from enroller.model import Protection, ServiceName
from enroller.preflight import Target, examine

TITLES = {
    "storage": "Data folder",
    "key_store": "Key store",
    "proxy": "Proxy",
    "name": "Name",
    "connection": "Connection",
    "tls": "Encryption",
    "clock": "Clock",
    "login_page": "Login page",
    "service": "Service",
}
"""Each check in a person's words."""


def doctor(ctx: Context) -> int:
    """Prints a line for each check as soon as it is done, or one document; ends as the first one that failed."""
    options = ctx.options
    settle(options, server_needed=False)
    target = None
    if options.server is not None:
        target = Target(
            ServiceName(options.service),
            options.server,
            ctx.app.certificates(options.ca_file),
            secret_input.proxy_login(options),
        )
    tell = report.teller(TITLES, as_json=options.json)
    checks = examine(ctx.app, target, tell, protection=Protection(options.protect))
    failed = report.failed(checks)
    if options.json:
        print(json.dumps({"ok": failed == [], "checks": [report.document(check) for check in checks]}))
    return next((check.error.exit_status for check in failed if check.error is not None), 0)
