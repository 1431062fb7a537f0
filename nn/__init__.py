"""Neural networks on scalars: small parts, each one concept, all of them readable.

>>> import random
>>> from nn import MLP, SGD, fit
>>> from nn.data import moons
>>> rng = random.Random(0)
>>> model = MLP(2, [8, 1], rng=rng)
>>> history = fit(model, moons(20, rng=rng), loss="binary_cross_entropy", epochs=3, progress=False)
>>> len(history)
3
"""

from . import data as data
from .activations import activation as activation
from .attention import RMSNorm as RMSNorm
from .attention import SelfAttention as SelfAttention
from .conv import AvgPool2d as AvgPool2d
from .conv import Conv2d as Conv2d
from .conv import Flatten as Flatten
from .conv import MaxPool2d as MaxPool2d
from .embedding import Embedding as Embedding
from .history import History as History
from .initialisers import he as he
from .initialisers import normal as normal
from .initialisers import uniform as uniform
from .initialisers import xavier as xavier
from .layers import MLP as MLP
from .layers import Layer as Layer
from .layers import Neuron as Neuron
from .layers import Sequential as Sequential
from .losses import binary_cross_entropy as binary_cross_entropy
from .losses import cross_entropy as cross_entropy
from .losses import half_squared_error as half_squared_error
from .losses import hinge as hinge
from .losses import l2_penalty as l2_penalty
from .losses import log_loss as log_loss
from .losses import squared_error as squared_error
from .metrics import accuracy as accuracy
from .metrics import confusion_matrix as confusion_matrix
from .module import Module as Module
from .optim import SGD as SGD
from .optim import Adam as Adam
from .optim import AdamW as AdamW
from .optim import clip_gradients as clip_gradients
from .recurrent import GRUCell as GRUCell
from .recurrent import LSTMCell as LSTMCell
from .recurrent import Recurrent as Recurrent
from .recurrent import RNNCell as RNNCell
from .schedules import cosine as cosine
from .schedules import step_decay as step_decay
from .schedules import warmup as warmup
from .training import evaluate as evaluate
from .training import fit as fit
