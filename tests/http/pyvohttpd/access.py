"""access.py: users, groups and settings of tests about private releases."""
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import hashlib

from .jobs import HTTPD_MODULES
from .server import TOP

# Password of NAME is NAME-secret; ana and luis read, eva reads nothing here,
# gus reads another release alone.
USERS = ("ana", "luis", "eva", "gus")
GROUPS = "team: ana luis\nothers: gus\n"
ANA, LUIS = ("ana", "ana-secret"), ("luis", "luis-secret")
EVA, GUS = ("eva", "eva-secret"), ("gus", "gus-secret")
MODULES = ("auth_basic", "authn_file", "authz_user", "authz_groupfile",
           "request", "session", "session_cookie", "session_crypto",
           "auth_form")
HIDDEN = ("test-private", "test-embargo", "test-staged", "test-retired")


def load(*names):
    return "".join(
        "<IfModule !%s_module>\nLoadModule %s_module %s/mod_%s.so\n"
        "</IfModule>\n" % (m, m, HTTPD_MODULES, m) for m in names)


def write_users(vo):
    folder = vo.dir / "auth"
    folder.mkdir(exist_ok=True)
    (folder / "passwords").write_text("".join(
        "%s:{SHA}%s\n" % (name, base64.b64encode(hashlib.sha1(
            (name + "-secret").encode()).digest()).decode())
        for name in USERS))
    (folder / "groups").write_text(GROUPS)
    (folder / "passphrase").write_text("0123456789abcdef\n")
    return folder


def site(vo):
    """The shipped file, its folder and its cookie (no TLS here) told."""
    return load(*MODULES) + """
<IfDefine !VO_AUTH_DIR>
Define VO_AUTH_DIR "%s"
Define VO_COOKIE "vo_session path=/;HttpOnly;SameSite=Lax"
</IfDefine>
Include "%s/conf/vo-auth.conf"
""" % (write_users(vo), TOP)
