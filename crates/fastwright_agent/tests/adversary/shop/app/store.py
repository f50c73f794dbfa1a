"""What is kept."""

from dataclasses import dataclass, field


@dataclass
class User:
    id: int
    role: str


@dataclass
class Order:
    id: int
    owner_id: int
    quantity: int
    price: int
    paid: bool = False


@dataclass
class Store:
    users: dict[str, User] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)


store = Store()


def find_user(token: str) -> User | None:
    return store.users.get(token)


def find_order(order_id: int) -> Order | None:
    return store.orders.get(order_id)


def add_order(owner_id: int, quantity: int, price: int) -> Order:
    order = Order(id=len(store.orders) + 1, owner_id=owner_id, quantity=quantity, price=price)
    store.orders[order.id] = order
    return order


def remove_order(order_id: int) -> None:
    del store.orders[order_id]
