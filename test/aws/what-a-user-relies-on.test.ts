import { describe, expect, it } from 'vitest';
import { flattened, resourcesOf, type StackId, targetOf, templatesOf } from '../helpers/aws-templates.js';

const templates = templatesOf({}, { notify: { email: ['ops@example.com'], sms: ['+4915112345678'] } });
const all = (type: string, stack?: StackId) => resourcesOf(templates, type, stack);
const text = (stack: StackId, value: unknown) => flattened(templates, stack, value);
const tag = (properties: { Tags: { Key: string; Value: string }[] }, key: string) =>
  properties.Tags.find(({ Key }) => Key === key)?.Value;
const database = (role: string) => {
  const found = all('AWS::RDS::DBInstance').find(({ properties }) => tag(properties, 'understudy:role') === role);
  if (!found) throw new Error(`There is no database ${role}.`);
  return found;
};
const parametersOf = (role: string) => {
  const { stack, properties } = database(role);
  const target = targetOf(templates, stack, properties.DBParameterGroupName);
  return all('AWS::RDS::DBParameterGroup').find(({ id }) => `data/${id}` === target)?.properties.Parameters;
};
const replicas = ['replica-1', 'replica-2'] as const;

describe('the network', () => {
  it('has every tier in each zone, with room for a third zone that changes none of them', () => {
    const subnets = all('AWS::EC2::Subnet').map(({ properties }) => [
      properties.AvailabilityZone,
      properties.CidrBlock,
    ]);
    expect(subnets).toHaveLength(8);
    const three = resourcesOf(templatesOf({}, { zones: ['a', 'b', 'c'] }), 'AWS::EC2::Subnet');
    expect(three.map(({ properties }) => [properties.AvailabilityZone, properties.CidrBlock])).toEqual(
      expect.arrayContaining(subnets),
    );
    expect(three).toHaveLength(12);
  });

  it('gives no host a public address by being placed somewhere', () => {
    for (const { properties } of all('AWS::EC2::Subnet')) expect(properties.MapPublicIpOnLaunch).toBe(false);
  });

  it('fetches releases from S3 without paying for NAT', () => {
    const [endpoint] = all('AWS::EC2::VPCEndpoint');
    expect(endpoint?.properties.ServiceName).toBe('com.amazonaws.eu-central-1.s3');
    expect(endpoint?.properties.RouteTableIds).toHaveLength(4);
  });

  it('has one NAT gateway, or one in each zone where losing a zone must not cut off the others', () => {
    expect(all('AWS::EC2::NatGateway')).toHaveLength(1);
    const each = templatesOf({ network: { natGateways: 'one-per-zone' } });
    expect(resourcesOf(each, 'AWS::EC2::NatGateway')).toHaveLength(2);
  });

  it('remembers who tried to reach whom', () => {
    expect(all('AWS::EC2::FlowLog')[0]?.properties).toMatchObject({ ResourceType: 'VPC', TrafficType: 'ALL' });
  });

  it('opens no security group to everybody, but for the web on the balancer', () => {
    const open = all('AWS::EC2::SecurityGroupIngress').filter(
      ({ properties }) => properties.CidrIp === '0.0.0.0/0' || properties.CidrIpv6 === '::/0',
    );
    expect(open.map(({ properties }) => properties.FromPort).sort()).toEqual([443, 443, 80, 80]);
    expect(new Set(open.map(({ stack, properties }) => targetOf(templates, stack, properties.GroupId))).size).toBe(1);
  });
});

describe('the database', () => {
  it('has a standby in another zone that takes over by itself', () => {
    expect(database('primary').properties).toMatchObject({ MultiAZ: true, Engine: 'mysql' });
    expect(database('primary').properties.EngineVersion).toMatch(/^8\.4\.\d+$/);
  });

  it('has two replicas in different zones, on the same kind of storage as the master', () => {
    const zones = replicas.map((role) => database(role).properties.AvailabilityZone);
    expect(new Set(zones).size).toBe(2);
    for (const role of replicas) {
      expect(database(role).properties.StorageType).toBe('gp3');
      expect(targetOf(templates, 'data', database(role).properties.SourceDBInstanceIdentifier)).toBe(
        `data/${database('primary').id}`,
      );
    }
  });

  it('is encrypted, on disk and on the way', () => {
    expect(database('primary').properties.StorageEncrypted).toBe(true);
    for (const role of ['primary', ...replicas]) expect(parametersOf(role)?.require_secure_transport).toBe('ON');
  });

  it('is not removed by mistake, and leaves a last snapshot when it is removed on purpose', () => {
    for (const role of ['primary', ...replicas]) expect(database(role).properties.DeletionProtection).toBe(true);
    expect(database('primary').resource.DeletionPolicy).toBe('Snapshot');
  });

  it('is backed up for two weeks, and its disk grows by itself', () => {
    expect(database('primary').properties).toMatchObject({ BackupRetentionPeriod: 14, MaxAllocatedStorage: 500 });
  });

  it('counts in GTIDs everywhere, and a replica can stop at exactly one', () => {
    for (const role of ['primary', ...replicas]) {
      expect(parametersOf(role)).toMatchObject({ 'gtid-mode': 'ON', enforce_gtid_consistency: 'ON', sync_binlog: '1' });
    }
    for (const role of replicas) expect(parametersOf(role)?.replica_parallel_workers).toBe('1');
  });

  it('leaves a replica read-only as RDS sets it', () => {
    for (const role of replicas) expect(parametersOf(role)).not.toHaveProperty('read_only');
  });

  it('changes its version only when somebody says so: a reboot may open a gate', () => {
    for (const role of ['primary', ...replicas]) expect(database(role).properties.AutoMinorVersionUpgrade).toBe(false);
  });

  it('has a password for each role that nobody has seen', () => {
    const secrets = all('AWS::SecretsManager::Secret', 'data');
    const names = secrets.map(({ properties }) => properties.Name).filter((name) => name.includes('/database/'));
    expect(names.map((name) => name.split('/').at(-1)).sort()).toEqual([
      'administrator',
      'dev',
      'monitor',
      'operator',
      'prod',
    ]);
    for (const { properties } of secrets) {
      expect(properties).not.toHaveProperty('SecretString');
      expect(properties.GenerateSecretString.PasswordLength ?? 32).toBeGreaterThanOrEqual(24);
    }
  });
});

describe('names inside', () => {
  const records = all('AWS::Route53::RecordSet', 'data').map(({ properties }) => properties);
  const named = (name: string) => records.filter(({ Name }) => Name === `${name}.example.understudy.internal.`);

  it('has one for the master and one for each replica, which clients forget after ten seconds', () => {
    for (const name of ['primary', ...replicas]) {
      expect(named(name)).toMatchObject([{ Type: 'CNAME', TTL: '10' }]);
    }
    expect(text('data', named('primary')[0]?.ResourceRecords[0])).toBe(`data/${database('primary').id}`);
  });

  it('spreads over both replicas by weight, and gives out none that does not answer', () => {
    expect(named('replicas')).toMatchObject([
      { SetIdentifier: 'replica-1', Weight: 50, HealthCheckId: expect.anything() },
      { SetIdentifier: 'replica-2', Weight: 50, HealthCheckId: expect.anything() },
    ]);
  });

  it('judges a replica by whether it answers, not by its lag, and takes silence for no', () => {
    for (const { properties } of all('AWS::Route53::HealthCheck')) {
      expect(properties.HealthCheckConfig).toMatchObject({
        Type: 'CLOUDWATCH_METRIC',
        InsufficientDataHealthStatus: 'Unhealthy',
      });
      const alarm = targetOf(templates, 'data', properties.HealthCheckConfig.AlarmIdentifier.Name);
      const watched = all('AWS::CloudWatch::Alarm', 'data').find(({ id }) => `data/${id}` === alarm);
      // What a health check can read: one plain statistic of one-minute data.
      expect(watched?.properties).toMatchObject({
        Namespace: 'Understudy',
        MetricName: 'ReplicaAnswers',
        Period: 60,
        Statistic: 'Minimum',
      });
    }
  });
});

describe('files', () => {
  it('are encrypted, backed up, and stay when the stack goes', () => {
    const fileSystems = all('AWS::EFS::FileSystem');
    expect(fileSystems).toHaveLength(2);
    for (const { properties, resource } of fileSystems) {
      expect(properties).toMatchObject({ Encrypted: true, BackupPolicy: { Status: 'ENABLED' } });
      expect(resource.DeletionPolicy).toBe('Retain');
    }
  });

  it('are refused without TLS', () => {
    for (const { properties } of all('AWS::EFS::FileSystem')) {
      const [statement] = properties.FileSystemPolicy.Statement;
      expect(statement).toMatchObject({
        Effect: 'Deny',
        Action: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
      expect(properties.FileSystemPolicy.Statement.every(({ Effect }: { Effect: string }) => Effect === 'Deny')).toBe(
        true,
      );
    }
  });

  it('can be reached in every zone', () => {
    expect(all('AWS::EFS::MountTarget')).toHaveLength(4);
  });

  it('are written in prod by promotions only', () => {
    const policy = JSON.stringify(all('AWS::IAM::Role', 'prod').map(({ properties }) => properties));
    expect(policy).toContain('elasticfilesystem:ClientMount');
    expect(policy).not.toContain('elasticfilesystem:ClientWrite');
  });

  it('keep releases with all their versions, closed to the public, logged', () => {
    const versioned = all('AWS::S3::Bucket').filter(({ properties }) => properties.VersioningConfiguration);
    expect(versioned).toHaveLength(1);
    expect(versioned[0]?.properties).toHaveProperty('LoggingConfiguration');
    for (const { properties, resource } of all('AWS::S3::Bucket')) {
      expect(Object.values(properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
      expect(resource.DeletionPolicy).toBe('Retain');
    }
  });
});

describe('what is removed from the release bucket by its age', () => {
  const [bucket] = all('AWS::S3::Bucket').filter(({ properties }) => properties.VersioningConfiguration);
  const rules: { Prefix?: string; ExpirationInDays?: number; Status: string }[] =
    bucket?.properties.LifecycleConfiguration.Rules ?? [];

  it('is what promotions and jobs have left, and reports: never a release, and not what prod is to serve', () => {
    const expiring = rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
    expect(expiring).toMatchObject([
      { Prefix: 'reports/', ExpirationInDays: 1, Status: 'Enabled' },
      { Prefix: 'promotions/', ExpirationInDays: 400, Status: 'Enabled' },
      { Prefix: 'jobs/', ExpirationInDays: 30, Status: 'Enabled' },
    ]);
  });
});

describe.each(['dev', 'prod'] as const)('web instances of %s', (environment) => {
  const [group] = all('AWS::AutoScaling::AutoScalingGroup', environment);
  const launch = all('AWS::EC2::LaunchTemplate', environment)[0]?.properties.LaunchTemplateData;

  it('are started from the image by its id', () => {
    expect(launch.ImageId).toMatch(/^ami-/);
  });

  it('give their credentials to nobody who only can make them fetch an address', () => {
    expect(launch.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
  });

  it('have encrypted disks', () => {
    expect(launch.BlockDeviceMappings[0].Ebs).toMatchObject({ Encrypted: true, VolumeType: 'gp3' });
  });

  it('are spread over the zones, between the least and the most that the definition says', () => {
    expect(group?.properties).toMatchObject({ MinSize: '2', MaxSize: '4' });
    expect(group?.properties.VPCZoneIdentifier).toHaveLength(2);
  });

  it('are replaced when the balancer finds them broken', () => {
    expect(group?.properties).toMatchObject({ HealthCheckType: 'ELB', TargetGroupARNs: [expect.anything()] });
  });

  it('follow load', () => {
    const metrics = all('AWS::AutoScaling::ScalingPolicy', environment).map(
      ({ properties }) => properties.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType,
    );
    expect(metrics.sort()).toEqual(['ALBRequestCountPerTarget', 'ASGAverageCPUUtilization']);
  });

  it('are renewed one after another, and put back when visitors get errors', () => {
    expect(group?.resource.UpdatePolicy).toMatchObject({
      AutoScalingInstanceRefresh: {
        Strategy: 'Rolling',
        Preferences: { MinHealthyPercentage: 100, AlarmSpecification: { Alarms: [expect.anything()] } },
      },
    });
    // Going back needs a version that is a number.
    expect(group?.properties.LaunchTemplate.Version).toEqual({
      'Fn::GetAtt': [expect.any(String), 'LatestVersionNumber'],
    });
  });

  it('finish the requests they have before they go', () => {
    const targets = all('AWS::ElasticLoadBalancingV2::TargetGroup', 'edge').find(({ id }) => id.includes(environment));
    expect(targets?.properties.TargetGroupAttributes).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '30',
    });
  });

  it('are asked for a page that neither redirects nor needs the database', () => {
    const targets = all('AWS::ElasticLoadBalancingV2::TargetGroup', 'edge').find(({ id }) => id.includes(environment));
    expect(targets?.properties).toMatchObject({ HealthCheckPath: '/-/health', Matcher: { HttpCode: '200' } });
  });
});

describe('visitors', () => {
  const listeners = all('AWS::ElasticLoadBalancingV2::Listener').map(({ properties }) => properties);
  const rules = all('AWS::ElasticLoadBalancingV2::ListenerRule').map(({ properties }) => properties);
  const valuesOf = (rule: { Conditions: { HostHeaderConfig?: { Values: string[] } }[] }) =>
    rule.Conditions.flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []);

  it('are sent from http to https', () => {
    expect(listeners.find(({ Port }) => Port === 80)?.DefaultActions).toMatchObject([
      { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' } },
    ]);
  });

  it('get TLS 1.2 at least', () => {
    expect(listeners.find(({ Port }) => Port === 443)?.SslPolicy).toMatch(/TLS13-1-2/);
  });

  it('reach dev and prod by their names, and nothing by another name', () => {
    expect(rules.flatMap(valuesOf).sort()).toEqual(['dev.example.com', 'www.example.com']);
    expect(listeners.find(({ Port }) => Port === 443)?.DefaultActions).toMatchObject([
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } },
    ]);
  });

  it('reach dev only from the allow list', () => {
    const [dev] = rules.filter((rule) => valuesOf(rule).includes('dev.example.com'));
    expect(dev?.Conditions).toContainEqual({ Field: 'source-ip', SourceIpConfig: { Values: ['203.0.113.0/24'] } });
  });

  it('reach dev from a long allow list through several rules, since one compares five values', () => {
    const allow = Array.from({ length: 8 }, (_, index) => `203.0.113.${index}/32`);
    const many = resourcesOf(templatesOf({ devAccess: { allow } }), 'AWS::ElasticLoadBalancingV2::ListenerRule');
    const counts = many.map(
      ({ properties }) =>
        properties.Conditions.flatMap(
          (one: Record<string, { Values: string[] }>) =>
            one.HostHeaderConfig?.Values ?? one.SourceIpConfig?.Values ?? [],
        ).length,
    );
    expect(Math.max(...counts)).toBe(5);
    expect(many).toHaveLength(3);
  });

  it('find both names over IPv4 and IPv6', () => {
    const records = all('AWS::Route53::RecordSet', 'edge').map(
      ({ properties }) => `${properties.Name} ${properties.Type}`,
    );
    expect(records.sort()).toEqual([
      'dev.example.com. A',
      'dev.example.com. AAAA',
      'www.example.com. A',
      'www.example.com. AAAA',
    ]);
    expect(all('AWS::ElasticLoadBalancingV2::LoadBalancer')[0]?.properties.IpAddressType).toBe('dualstack');
  });

  it('get a certificate for both names that renews itself', () => {
    expect(all('AWS::CertificateManager::Certificate')[0]?.properties).toMatchObject({
      DomainName: 'www.example.com',
      SubjectAlternativeNames: ['dev.example.com'],
      ValidationMethod: 'DNS',
    });
  });

  it('leave a line for each request in a bucket that forgets after as many days as the definition says', () => {
    const attributes = all('AWS::ElasticLoadBalancingV2::LoadBalancer')[0]?.properties.LoadBalancerAttributes;
    expect(attributes).toContainEqual({ Key: 'access_logs.s3.enabled', Value: 'true' });
    expect(attributes).toContainEqual({ Key: 'deletion_protection.enabled', Value: 'true' });
    const logs = all('AWS::S3::Bucket').find(({ properties }) => !properties.VersioningConfiguration);
    expect(logs?.properties.LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(30);
    const policies = JSON.stringify(all('AWS::S3::BucketPolicy').map(({ properties }) => properties));
    expect(policies).toContain('logdelivery.elasticloadbalancing.amazonaws.com');
  });
});

describe('who looks after it', () => {
  it('has one operations host, which is replaced when it is lost', () => {
    expect(all('AWS::AutoScaling::AutoScalingGroup', 'operations')[0]?.properties).toMatchObject({
      MinSize: '1',
      MaxSize: '1',
    });
  });

  it('reaches it through Session Manager, without an open port', () => {
    expect(JSON.stringify(all('AWS::IAM::Role', 'operations')[0]?.properties)).toContain('ssmmessages:OpenDataChannel');
    const launch = all('AWS::EC2::LaunchTemplate', 'operations')[0]?.properties.LaunchTemplateData;
    expect(launch.NetworkInterfaces[0].AssociatePublicIpAddress).toBe(false);
  });

  it('mounts both file systems there', () => {
    const launch = all('AWS::EC2::LaunchTemplate', 'operations')[0]?.properties.LaunchTemplateData;
    const data = text('operations', launch.UserData);
    expect(data).toMatch(/^DEV_FILES=data\/FilesDev\w+:data\/FilesDevAccess\w+$/m);
    expect(data).toMatch(/^MEDIA_FILES=data\/FilesMedia\w+:data\/FilesMediaWriting\w+$/m);
  });

  it('is told by e-mail and text message, through a topic whose key alarms may use', () => {
    const subscriptions = all('AWS::SNS::Subscription').map(({ properties }) => [
      properties.Protocol,
      properties.Endpoint,
    ]);
    expect(subscriptions).toEqual([
      ['email', 'ops@example.com'],
      ['sms', '+4915112345678'],
    ]);
    const [key] = all('AWS::KMS::Key');
    const statement = key?.properties.KeyPolicy.Statement.find(
      ({ Principal }: { Principal: { Service?: string } }) => Principal.Service === 'cloudwatch.amazonaws.com',
    );
    expect(statement.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey*']);
    expect(targetOf(templates, 'operations', all('AWS::SNS::Topic')[0]?.properties.KmsMasterKeyId)).toBe(
      `operations/${key?.id}`,
    );
  });

  it('has every alarm of the site, each telling the topic', () => {
    const alarms = all('AWS::CloudWatch::Alarm', 'operations');
    expect(alarms.length).toBeGreaterThan(35);
    for (const { properties } of alarms) {
      expect(targetOf(templates, 'operations', properties.AlarmActions[0]), properties.AlarmName).toMatch(/Topic/);
      expect(properties.AlarmDescription).toMatch(/What to do: .*\n.*docs\/what-if\.md#/);
    }
    expect(new Set(alarms.map(({ properties }) => properties.AlarmName)).size).toBe(alarms.length);
  });

  it('sees at one alarm whether visitors are affected', () => {
    const [composite] = all('AWS::CloudWatch::CompositeAlarm');
    const names = all('AWS::CloudWatch::Alarm', 'operations').map(({ properties }) => properties.AlarmName);
    const rule: string = composite?.properties.AlarmRule;
    const parts = [...rule.matchAll(/ALARM\("([^"]+)"\)/g)].map(([, name]) => name);
    expect(parts).toContain('understudy-example-prod-errors');
    expect(parts.filter((name) => !names.includes(name))).toEqual([]);
    expect(rule.length).toBeLessThan(10_240);
  });

  it('has a dashboard with a graph for each signal', () => {
    const body = text('operations', all('AWS::CloudWatch::Dashboard')[0]?.properties.DashboardBody);
    const { widgets } = JSON.parse(body);
    expect(widgets[0]).toMatchObject({ type: 'alarm' });
    expect(widgets.filter(({ type }: { type: string }) => type === 'metric').length).toBeGreaterThan(20);
  });
});

describe('what is lost when a stack goes', () => {
  it('is nothing but what can be made again: all that cannot lies in the data stack', () => {
    const stateful = ['AWS::RDS::DBInstance', 'AWS::EFS::FileSystem', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    expect(
      stateful
        .flatMap((type) => all(type))
        .map(({ stack }) => stack)
        .every((stack) => stack === 'data'),
    ).toBe(true);
  });
});
