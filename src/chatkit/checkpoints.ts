/** Saves on a timer, one saving at a time; a saving that fails ends the reply at the next event. */
export function startCheckpoints(intervalMs: number, save: () => Promise<void>) {
  let saving: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const timer = setInterval(() => {
    saving ??= save()
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        saving = undefined;
      });
  }, intervalMs);
  const pause = async () => {
    await saving;
    if (failure !== undefined) throw failure.error;
  };
  return {
    /** Waits for a saving that is under way, so that an item's last state is written last. */
    pause,
    async stop() {
      clearInterval(timer);
      await saving;
    },
  };
}
