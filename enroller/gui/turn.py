"""Whose turn it is, and what is in the way, as the window says it. No Qt: pure decisions over a snapshot."""

from enroller.errors import ProxyLogin, UntrustedIssuer
from enroller.model import Approval, Asked, CredentialKind, Enrollment, ServiceName, State
from enroller.steps import Happening, Snapshot


def can_approve(enrollment: Enrollment) -> bool:
    """Whether approving with the technician's own account is on offer: not where it is asked for already."""
    tried = enrollment.asked.approve and enrollment.progress.approval is not Approval.REJECTED
    waits = enrollment.state is State.AWAITING_APPROVAL and enrollment.progress.device_identifier is not None
    return enrollment.asked.service is ServiceName.PRIVICORE and waits and not tried


def credential_kind(asked: Asked) -> CredentialKind:
    """What the service asks for where it does not accept what it got any more."""
    if asked.service is ServiceName.SAFEQ_CLOUD:
        return CredentialKind.API_KEY
    return CredentialKind.PASSWORD if asked.username else CredentialKind.TOKEN


def is_technicians(snapshot: Snapshot) -> bool:
    """Whether nothing comes of waiting: the technician is asked for a credential, a root certificate or a login."""
    wanted = isinstance(snapshot.problem, ProxyLogin | UntrustedIssuer)
    return snapshot.happening is Happening.CREDENTIAL_WANTED or (snapshot.happening is Happening.RETRYING and wanted)


def closing_loses(snapshot: Snapshot | None) -> bool:
    """Whether what the service has given is in memory alone."""
    return snapshot is not None and snapshot.happening in (Happening.SAVE_FAILED, Happening.APPROVED)


def unsaved_title(enrollment: Enrollment, *, renewal: bool) -> str:
    """The key of the title that says what could not be stored."""
    if enrollment.state is State.AWAITING_APPROVAL:
        return "approval.unsaved_answer_title"
    return "approval.unsaved_renewal_title" if renewal else "approval.unsaved_title"
