"""What `offhook dev` is asked for, besides the settings."""

from offhook.records import Record
from offhook.simulator.chaos import Rule


class DevOptions(Record):
    """`rules` and `seed` of the chaos; `reliable` puts Offhook's front door between the carrier and the app, its journal in `journal`.

    `record` is a folder for every exchange with the app, `replay` one whose texts are sent again. "": not asked for.
    """

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    reliable: bool = False
    journal: str = ""
    record: str = ""
    replay: str = ""
