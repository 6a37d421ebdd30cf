"""The corps of servers: each module holds one kind, and puts its members into `CASES`."""

from tests.hostile.cases import CASES as CASES
from tests.hostile.corps import answers as answers
from tests.hostile.corps import coding as coding
from tests.hostile.corps import framing as framing
from tests.hostile.corps import jsons as jsons
from tests.hostile.corps import odd as odd
from tests.hostile.corps import pace as pace
from tests.hostile.corps import silence as silence
from tests.hostile.corps import texts as texts
from tests.hostile.corps import words as words
