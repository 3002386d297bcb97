"""A simulation made ready as an order says: engine, geometry, first forces, compilation."""

from collections.abc import Callable

from atomtug.server.dynamics.relaxation import relaxed
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import CompilableEngine, create_engine
from atomtug.server.process.messages import Load


def load_simulation(order: Load, say: Callable[[str], None]) -> Simulation:
    """The simulation, at its start or at the order's frame.

    Args:
        order: what to simulate
        say: called before each step with what is being done, as a clause

    Raises:
        AtomtugError: the engine can't simulate it
    """
    say("reads the engine")
    engine = create_engine(order.engine, order.system, order.anyway, order.follow_state)
    compiles = isinstance(engine, CompilableEngine)
    if order.system.drawn:
        say("relaxes the molecule")
    system = relaxed(order.system, engine) if order.system.drawn else order.system
    say("computes the first forces" + (", for which it is compiled" if compiles else ""))
    simulation = Simulation(system, engine, order.settings)
    if compiles:
        say("compiles the dynamics")
    simulation.warm_up()
    if order.guarded and isinstance(engine, CompilableEngine):
        simulation.set_guard(engine.guard)
    if order.frame is not None:
        simulation.restore(order.frame)
        if order.standby:
            simulation.rehearse(order.frame.positions)
    return simulation
