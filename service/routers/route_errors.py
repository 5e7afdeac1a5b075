"""What a body should have been."""

from service.errors import BadRequest
from service.i18n import marked as _


class FormExpected(BadRequest):
    """Something else where only a form is read."""

    detail = _("Kirim isi permintaan sebagai formulir yang sah dengan Content-Type multipart/form-data.")


class BodyExpected(BadRequest):
    """Something else where a form or another body is read; `content_types` names them."""

    detail = _("Kirim isi permintaan yang sah dengan salah satu Content-Type pada content_types.")
