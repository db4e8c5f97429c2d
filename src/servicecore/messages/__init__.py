"""Messages: what the library says, in English and in every language that has a catalogue.

Messages are found by their English text, in gettext's `.po` files. The library brings Russian and
Arabic; a host adds its own languages, or its own words (extra ``notices``).
"""

from servicecore.messages.formats import Formats
from servicecore.messages.languages import as_messages, messages_in
from servicecore.messages.wording import ENGLISH, Messages, is_shown_twice

__all__ = ["ENGLISH", "Formats", "Messages", "as_messages", "is_shown_twice", "messages_in"]
