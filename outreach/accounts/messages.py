"""What Flask-Security says, in our words. Keys are its message names (SECURITY_MSG_…); the Korean text is
also the key of its translation, looked up when the message is shown."""

from __future__ import annotations

from typing import Any


def _(text: str) -> str:
    """Marks ``text`` for translation; the look-up happens when it is shown."""
    return text


MESSAGES: dict[str, tuple[str, str]] = {
    "API_ERROR": (_("입력값의 형식이 맞지 않습니다."), "error"),
    "GENERIC_AUTHN_FAILED": (
        _("이메일 또는 비밀번호가 맞지 않습니다. 10회 잘못 입력하면 15분 동안 로그인할 수 없습니다."), "error",
    ),
    "GENERIC_RECOVERY": (_("등록된 이메일이면 비밀번호를 다시 정하는 방법을 보내 드립니다."), "info"),
    "UNAUTHORIZED": (_("이 화면을 볼 권한이 없습니다."), "error"),
    "UNAUTHENTICATED": (_("로그인이 필요한 화면입니다."), "error"),
    "REAUTHENTICATION_REQUIRED": (_("비밀번호를 다시 확인해야 합니다."), "error"),
    "REAUTHENTICATION_SUCCESSFUL": (_("비밀번호를 확인했습니다."), "info"),
    "PASSWORD_MISMATCH": (_("비밀번호가 서로 다릅니다."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_("두 번 입력한 비밀번호가 서로 다릅니다."), "error"),
    "INVALID_REDIRECT": (_("이 사이트 밖의 주소로는 이동하지 않습니다."), "error"),
    "PASSWORD_RESET_REQUEST": (
        _("%(email)s 주소가 등록되어 있으면 비밀번호를 다시 정하는 링크를 보내 드립니다. 메일함을 확인해 주세요."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (_("링크의 사용 기한이 지났습니다. 새 링크를 받아 주세요."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (_("이미 사용했거나 올바르지 않은 링크입니다. 새 링크를 받아 주세요."), "error"),
    "PASSWORD_RESET": (_("비밀번호를 정하고 로그인했습니다."), "success"),
    "PASSWORD_RESET_NO_LOGIN": (_("비밀번호를 정했습니다. 새 비밀번호로 로그인해 주세요."), "success"),
    "PASSWORD_IS_THE_SAME": (_("지금 쓰는 비밀번호와 다른 비밀번호를 정해 주세요."), "error"),
    "PASSWORD_CHANGE": (_("비밀번호를 바꾸었습니다. 다른 기기에서는 로그아웃되었습니다."), "success"),
    "PASSWORD_NOT_PROVIDED": (_("비밀번호를 입력해 주세요."), "error"),
    "PASSWORD_INVALID_LENGTH": (_("비밀번호는 %(length)s자 이상이어야 합니다."), "error"),
    "PASSWORD_TOO_SIMPLE": (_("더 복잡한 비밀번호를 정해 주세요."), "error"),
    "PASSWORD_BREACHED": (_("유출된 적이 있는 비밀번호입니다. 다른 비밀번호를 정해 주세요."), "error"),
    "INVALID_PASSWORD": (_("비밀번호가 맞지 않습니다."), "error"),
    "FORGOT_PASSWORD": (_("비밀번호를 잊으셨나요?"), "info"),
    "EMAIL_NOT_PROVIDED": (_("이메일을 입력해 주세요."), "error"),
    "INVALID_EMAIL_ADDRESS": (_("이메일 주소의 형식이 맞지 않습니다."), "error"),
    "USER_DOES_NOT_EXIST": (_("등록되지 않은 계정입니다."), "error"),
    "DISABLED_ACCOUNT": (_("사용이 중지된 계정입니다. 센터 관리자에게 문의해 주세요."), "error"),
    "CONFIRMATION_REQUIRED": (_("이메일 확인이 필요합니다."), "error"),
    "INVALID_INPUT": (_("입력값이 맞지 않습니다."), "error"),
    "LOGIN": (_("로그인이 필요한 화면입니다."), "info"),
    "REFRESH": (_("비밀번호를 다시 확인해 주세요."), "info"),
    "ANONYMOUS_USER_REQUIRED": (_("로그아웃한 뒤에 볼 수 있는 화면입니다."), "error"),
}

SUBJECTS: dict[str, str] = {
    "PASSWORD_RESET": _("[동행 아웃리치] 비밀번호를 정하는 링크입니다"),
    "PASSWORD_NOTICE": _("[동행 아웃리치] 비밀번호를 새로 정했습니다"),
    "PASSWORD_CHANGE_NOTICE": _("[동행 아웃리치] 비밀번호가 바뀌었습니다"),
}


def config() -> dict[str, Any]:
    """The settings by which Flask-Security takes these texts."""
    return {f"SECURITY_MSG_{key}": value for key, value in MESSAGES.items()} | {
        f"SECURITY_EMAIL_SUBJECT_{key}": text for key, text in SUBJECTS.items()
    }
