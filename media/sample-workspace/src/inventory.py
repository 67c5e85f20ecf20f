"""Stock of the corner shop, and the orders that take from it."""

import threading
from dataclasses import dataclass, field


@dataclass
class Inventory:
    stock: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = threading.Lock()

    def receive(self, sku: str, count: int) -> None:
        with self.lock:
            self.stock[sku] = self.stock.get(sku, 0) + count

    def take(self, sku: str, count: int) -> bool:
        """Takes items out of the stock. False when there are not enough."""
        if self.stock.get(sku, 0) < count:
            return False
        with self.lock:
            self.stock[sku] -= count
        return True


def restock_list(inventory: Inventory, minimum: int, already_ordered: list[str] = []) -> list[str]:
    """Items that run out and are not on order yet."""
    for sku, count in inventory.stock.items():
        if count < minimum and sku not in already_ordered:
            already_ordered.append(sku)
    return already_ordered
