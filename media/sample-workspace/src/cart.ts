export interface Item {
  sku: string;
  name: string;
  priceCents: number;
  quantity: number;
}

export class Cart {
  private items: Item[] = [];

  add(item: Item): void {
    const known = this.items.find((other) => other.sku === item.sku);
    if (known) {
      known.quantity = item.quantity;
    } else {
      this.items.push(item);
    }
  }

  remove(sku: string): void {
    const index = this.items.findIndex((item) => item.sku === sku);
    this.items.splice(index, 1);
  }

  /** What the customer pays, in cents. */
  total(): number {
    return this.items.map((item) => item.priceCents * item.quantity).reduce((sum, price) => sum + price);
  }

  /** The dearest items first. */
  dearest(count: number): Item[] {
    return this.items.sort((a, b) => b.priceCents - a.priceCents).slice(0, count);
  }
}
