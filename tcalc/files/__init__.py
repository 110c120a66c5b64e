"""Data files: a format for each suffix, none of which runs anything that a file says.

`load` and `read` give tensors: one of an .npy file or a table, a dict of them of an .npz file,
and of JSON what it holds, lists of numbers as tensors.
"""

from tcalc.files.formats import FORMATS as FORMATS
from tcalc.files.formats import Entry as Entry
from tcalc.files.formats import is_known as is_known
from tcalc.files.formats import need_known as need_known
from tcalc.files.formats import sniff as sniff
from tcalc.files.loading import load as load
from tcalc.files.loading import read as read
from tcalc.files.saving import save as save
