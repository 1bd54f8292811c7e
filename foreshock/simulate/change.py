"""A change of what makes people complain: from one day on mostly another cause than before."""

from __future__ import annotations

from foreshock.simulate.parameters import Rates
from foreshock.simulate.truth import Trouble

_CLAIMS: frozenset[Trouble] = frozenset(
    {"claim_stalled", "documents_again", "video_survey_failed", "provider_delay", "claim_denied", "claim_underpaid"}
)
_CONTACTS: frozenset[Trouble] = frozenset({"long_wait", "passed_on", "bot_loop", "rude_staff", "unresolved"})

# More than half of all complaints are about contacts, and a quarter about claims. With these factors it is one in
# nine and two in three, of about as many complaints as before.
_CONTACTS_FACTOR = 0.2
_CLAIMS_FACTOR = 2.7


def fate_shares(rates: Rates, cause: Trouble, *, changed: bool) -> tuple[float, float, float]:
    """Tell how likely each fate of `truth.FATES` is for somebody who has become unhappy.

    Before the change the cause makes no difference. After it, who minds a contact hardly ever complains, and who
    minds a claim often does, as when the press writes about claims: what the insurer sees of its customers stays the
    same, and what follows from it does not.

    Parameters
    ----------
    rates
        The shares before the change.
    cause
        What was too much.
    changed
        Whether the change has come.

    Returns
    -------
    (float, float, float)
        Shares of the silent, the grumbling and the complaining; they add up to 1.
    """
    silent, grumbling, complaining = rates.silent_share, rates.grumbling_share, rates.complaining_share
    if not changed:
        return silent, grumbling, complaining
    factor = _CONTACTS_FACTOR if cause in _CONTACTS else _CLAIMS_FACTOR if cause in _CLAIMS else 1.0
    more = min(complaining * (factor - 1.0), silent)
    return silent - more, grumbling, complaining + more
