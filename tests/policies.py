"""The content security policy of a page, checked against what is in the page."""

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape


def read_policy(html):
    """The sources of each rule of a page's policy."""
    content = unescape(re.search(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', html)[1])
    return {rule.split()[0]: rule.split()[1:] for rule in content.split("; ")}


def check_policy(html):
    """Assert that a page may load nothing, and that it may run exactly the scripts and styles that it has."""
    policy = read_policy(html)
    fixed = {name: policy.pop(name) for name in ("default-src", "base-uri", "form-action", "style-src-attr")}
    assert fixed == {name: ["'none'"] for name in fixed} | {"style-src-attr": ["'unsafe-inline'"]}
    assert policy.pop("img-src") in (["data:"], ["data:", "blob:"])
    for tag in ("style", "script"):
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digests = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]
        assert policy.pop(f"{tag}-src", []) == digests
    assert policy == {}
    assert html.index("Content-Security-Policy") < min(html.index("<style"), html.index("<body"))
    assert not re.findall(r"""(?:src|href|url|import|fetch)\s*[=(]\s*["']?(?:https?:)?//""", html)
