"""Stub"""

from rota.planning.instance import Instance
from rota.planning.plan import Clash
from rota.planning.search import Search


def explain_clash(instance: Instance, how: Search) -> Clash:
    return Clash(rules=())
