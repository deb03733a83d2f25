/** One `threads.list`, as a front end sends it and as a service answers it: about 300 bytes each. */

export const LIST_REQUEST = JSON.stringify({
  type: 'threads.list',
  params: { limit: 20, order: 'desc', after: 'thr_5f1d3c2b9a8e4d7c' },
  metadata: { page: '/projects/4711/board', locale: 'en-GB', client: 'web', build: '2026.11.22-1' },
});

export const LIST_ANSWER = JSON.stringify({
  data: [
    {
      id: 'thr_0c9be7a1f2d34e56',
      title: 'What is left to do this week',
      created_at: '2026-11-22T09:30:00.000000Z',
      status: { type: 'active' },
      allowed_image_domains: null,
      metadata: { project: 4711 },
      items: { data: [], has_more: false, after: null },
    },
  ],
  has_more: false,
  after: 'thr_0c9be7a1f2d34e56',
});
