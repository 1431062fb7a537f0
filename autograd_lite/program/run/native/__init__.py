"""Machine code through llvmlite: scalar and vector functions, straight-line code, and a tape with its kernel."""

from .executors import StraightLineExecutor as StraightLineExecutor
from .executors import TapeExecutor as TapeExecutor
from .executors import VectorExecutor as VectorExecutor
from .functions import writes as writes
from .straight_line import can_spell_out as can_spell_out
from .tape import Tape as Tape
from .tape import can_record as can_record
from .tape import can_tape as can_tape
