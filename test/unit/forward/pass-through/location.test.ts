import { describe, expect, it } from 'vitest';
import { restBelow, toPublicLocation } from '../../../../src/forward/pass-through/location.ts';

const options = {
  asked: new URL('http://svc:8000/base/v1/tasks/7'),
  upstreamPrefix: '/base/v1/tasks',
  publicPrefix: '/api/tasks',
  publicHost: 'chat.example.com',
};

describe('the Location of a service', () => {
  it.each([
    ['/base/v1/tasks', '/api/tasks'],
    ['/base/v1/tasks/8?a=b#c', '/api/tasks/8?a=b#c'],
    ['8', '/api/tasks/8'],
    ['?page=2', '/api/tasks/7?page=2'],
    ['https://svc:8000/base/v1/tasks/8', '/api/tasks/8'],
    ['https://chat.example.com/base/v1/tasks/8', '/api/tasks/8'],
    ['/base/v1/tasks/../../admin', undefined],
    ['/base/v1/tasksx', undefined],
    ['/elsewhere', undefined],
    ['//evil.example/base/v1/tasks', undefined],
    ['http://svc:8001/base/v1/tasks', undefined],
    ['http://svc:8000@evil.example/base/v1/tasks', undefined],
    ['javascript:alert(1)', undefined],
    ['http://', undefined],
  ])('%s is %s from outside', (location, expected) => {
    expect(toPublicLocation(location, options)).toBe(expected);
  });
});

it('a prefix is one of whole segments', () => {
  expect(restBelow('/api/tasks', '/api/tasks')).toBe('');
  expect(restBelow('/api/tasks/7', '/api/tasks')).toBe('/7');
  expect(restBelow('/api/tasksx', '/api/tasks')).toBeUndefined();
  expect(restBelow('/API/tasks', '/api/tasks')).toBeUndefined();
});
