/** Holds whoever awaits `opened` until the test calls `open()`. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
