"""What an order costs."""

FREE_DELIVERY_FROM = 5000
DELIVERY = 490


def subtotal(quantity: int, price: int) -> int:
    return quantity * price


def discount(amount: int, quantity: int) -> int:
    if quantity >= 10:
        return amount // 10
    return 0


def total(quantity: int, price: int) -> int:
    amount = subtotal(quantity, price)
    amount = amount - discount(amount, quantity)
    if amount < FREE_DELIVERY_FROM:
        amount = amount + DELIVERY
    return amount
