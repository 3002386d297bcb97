"""Links to the page by what they allow, for people to be invited with."""

from urllib.parse import quote

from atomtug.server.session.rights import Right, Tokens


def share_links(page: str, tokens: Tokens) -> dict[Right, str]:
    """The links, by right; without tokens there is one, and everyone who has it is an owner.

    The token is behind ``#``, which browsers send to no server when they ask for a page.

    Args:
        page: address of the page, without a slash at its end
        tokens: of the server
    """
    if tokens.own is None:
        return {"own": page}
    secrets: dict[Right, str | None] = {"own": tokens.own, "pull": tokens.pull, "watch": tokens.watch}
    return {
        right: f"{page}/#token={quote(secret, safe='')}"
        for right, secret in secrets.items()
        if secret is not None
    }
