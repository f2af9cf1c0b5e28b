/** A listener's fault must not become its caller's, nor the process's. */
export function quietListener<Event>(
  listener: ((event: Event) => unknown) | undefined,
): (event: Event) => void {
  if (listener === undefined) return () => {};
  const tell = async (event: Event): Promise<void> => {
    await listener(event);
  };
  return (event) => {
    tell(event).catch(() => {});
  };
}
