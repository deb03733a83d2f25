/** What the offline model is called in logs, metrics and answers. */
export const DEMO_MODEL = 'demo';
